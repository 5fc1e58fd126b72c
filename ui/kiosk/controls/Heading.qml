import QtQuick
import Hall.Kiosk

// A heading inside a page.
KText {
    width: parent ? parent.width : 0
    kind: "body"
    strong: true
    color: Theme.primary
    topPadding: Theme.unit * 2
}
