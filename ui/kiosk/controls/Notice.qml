import QtQuick
import Hall.Kiosk

// Something to know, in words: a quiet sheet with a coloured edge and an icon. Kinds: attention, urgent, done, info.
Rectangle {
    id: root

    property string kind: "attention"
    property string text
    property string more

    readonly property color ink: root.kind === "urgent" ? Theme.urgent : root.kind === "done" ? Theme.done : root.kind === "info" ? Theme.primary : Theme.attention

    implicitHeight: Math.max(words.implicitHeight + Theme.unit * 4, Theme.unit * 10)
    radius: Theme.radiusButton
    color: root.kind === "urgent" ? Theme.urgentTint : root.kind === "done" ? Theme.doneTint : root.kind === "info" ? Theme.tint : Theme.attentionTint
    border.width: Theme.unit / 4
    border.color: root.ink
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.more === "" ? root.text : root.text + " " + root.more

    KIcon {
        id: mark

        anchors.left: parent.left
        anchors.leftMargin: Theme.unit * 3
        anchors.top: parent.top
        anchors.topMargin: Theme.unit * 2 + (first.lineHeight - side) / 2
        name: root.kind === "done" ? "check" : root.kind === "info" ? "info" : "alert"
        side: first.size * 1.2
        ink: root.ink
    }

    Column {
        id: words

        anchors.left: mark.right
        anchors.leftMargin: Theme.unit * 2
        anchors.right: parent.right
        anchors.rightMargin: Theme.unit * 3
        anchors.top: parent.top
        anchors.topMargin: Theme.unit * 2

        KText {
            id: first

            width: parent.width
            text: root.text
            strong: root.more !== ""
            color: root.ink
            Accessible.ignored: true
        }

        KText {
            width: parent.width
            text: root.more
            color: Theme.ink
            visible: root.more !== ""
            Accessible.ignored: true
        }
    }
}
