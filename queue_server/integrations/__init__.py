"""Outside systems of government: one adapter each, and a stand-in for all of them."""
