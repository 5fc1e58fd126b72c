pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// Help is people first: who to ask, and that nobody has to use this machine.
Overlay {
    id: root

    open: Shell.helpOpen
    onClosed: Shell.close_help()

    KText {
        width: parent.width
        text: T.t("help.title")
        kind: "title"
        strong: true
    }

    Repeater {
        model: ["help.ask", "help.keys", "help.noForce"]

        KText {
            required property string modelData

            width: parent ? parent.width : 0
            text: T.t(modelData)
        }
    }

    KButton {
        objectName: "helpClose"
        width: parent.width
        height: Math.max(Theme.touch, Theme.unit * 12)
        text: T.t("help.close")
        kind: "primary"
        focus: true
        onClicked: Shell.close_help()
    }
}
