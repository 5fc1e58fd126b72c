import QtQuick
import Hall.Kiosk

// Time is running out: a quiet bar drains, with a button beside it for those who need longer.
Item {
    id: root

    property int remaining: Visit.warningLeft
    readonly property bool due: root.remaining >= 0

    implicitHeight: Theme.touch + Theme.unit
    visible: root.due

    Column {
        anchors.left: parent.left
        anchors.right: more.left
        anchors.rightMargin: Theme.unit * 3
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.unit

        KText {
            width: parent.width
            text: T.f("idle.warning", {"seconds": root.remaining})
            kind: "label"
            color: Theme.quietInk
            lineHeight: Math.round(size * 1.2)
        }

        Rectangle {
            width: parent.width
            height: Theme.unit
            radius: height / 2
            color: Theme.line

            Rectangle {
                width: parent.width * Math.max(0, Math.min(1, root.remaining / Theme.warning))
                height: parent.height
                radius: height / 2
                color: Theme.primary
            }
        }
    }

    KButton {
        id: more

        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        height: Theme.touch
        text: T.t("idle.more")
        icon: "clock"
        size: "label"
        onClicked: Visit.touch()
    }
}
