import QtQuick
import Hall.Kiosk

// What everybody should know of this machine now, one line in words; never a red box.
Rectangle {
    id: root

    property string line: ""

    implicitHeight: root.line === "" ? 0 : words.implicitHeight + Theme.unit * 2
    visible: root.line !== ""
    color: Theme.attentionTint
    border.width: Theme.contrast ? Theme.unit / 4 : 0
    border.color: Theme.line
    Accessible.role: Accessible.StaticText
    Accessible.name: root.line

    KIcon {
        id: mark

        anchors.left: parent.left
        anchors.leftMargin: Theme.pageMargin
        anchors.verticalCenter: parent.verticalCenter
        name: "info"
        side: words.size
        ink: Theme.attention
    }

    KText {
        id: words

        anchors.left: mark.right
        anchors.leftMargin: Theme.unit * 2
        anchors.right: parent.right
        anchors.rightMargin: Theme.pageMargin
        anchors.verticalCenter: parent.verticalCenter
        text: root.line
        kind: "label"
        color: Theme.attention
        Accessible.ignored: true
    }
}
