"""A simulated day in a hall: people come, windows call them by the real rules, and predictors are judged by it."""
