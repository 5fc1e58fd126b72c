import QtQuick
import Hall.Kiosk

// One switch of the header: on is filled and ticked, never told by colour alone.
Touchable {
    id: root

    property string text
    property string icon
    property bool on: false

    readonly property color ink: root.on ? Theme.onPrimary : Theme.primary
    readonly property bool roomy: !Theme.elder || root.width > Theme.unit * 40

    name: root.text
    implicitHeight: Theme.touch
    implicitWidth: line.implicitWidth + Theme.unit * 4
    Accessible.checkable: true
    Accessible.checked: root.on

    Rectangle {
        anchors.fill: parent
        radius: root.radius
        color: root.on ? Theme.primary : root.down ? Theme.tint : Theme.surface
        border.width: Theme.unit / 4
        border.color: root.on ? Theme.primary : root.down ? Theme.primary : Theme.line
    }

    Row {
        id: line

        anchors.centerIn: parent
        spacing: Theme.unit

        KIcon {
            anchors.verticalCenter: parent.verticalCenter
            name: root.on ? "check" : root.icon
            side: words.size
            ink: root.ink
            visible: root.roomy
        }

        KText {
            id: words

            text: root.text
            kind: "label"
            strong: root.on
            color: root.ink
            wrapMode: Text.NoWrap
            Accessible.ignored: true
        }
    }
}
