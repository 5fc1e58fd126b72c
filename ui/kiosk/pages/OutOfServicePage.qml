import QtQuick
import Hall.Kiosk
import "../controls"

// Nothing can be done here now: why, and where to go instead.
Page {
    id: root

    title: T.t("rest.title")
    guidance: T.has(Shell.outOfService) ? T.t(Shell.outOfService) : T.t("rest.reason")
    canBack: false
    canHome: false

    Column {
        width: parent.width
        spacing: Theme.unit * 4

        Scene {
            width: parent.width
            height: Math.min(width * 0.625, root.workItem.height - todo.implicitHeight - Theme.unit * 4)
            name: "rest"
        }

        KText {
            id: todo

            width: parent.width
            text: T.t("rest.instead")
            kind: "title"
            horizontalAlignment: root.across ? Text.AlignLeft : Text.AlignHCenter
        }
    }
}
