"""The QML module Hall.Kiosk: what the screen shows and what was pressed. No rule of the hall lives here."""
