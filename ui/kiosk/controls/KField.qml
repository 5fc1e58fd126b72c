import QtQuick
import Hall.Kiosk

// Shows what was typed, with a caret. It takes keys of a real keyboard too; nothing goes through an input method or a clipboard.
Rectangle {
    id: root

    property string text
    property string hint
    property string label
    property bool secret: false
    property bool active: true
    property string icon
    property string size: "title"

    implicitHeight: Math.max(Theme.touch, shown.lineHeight + Theme.unit * 4)
    radius: Theme.radiusButton
    color: Theme.surface
    border.width: root.active ? Theme.unit / 2 : Theme.unit / 4
    border.color: root.active ? Theme.primary : Theme.line
    Accessible.role: Accessible.EditableText
    Accessible.name: root.label
    Accessible.readOnly: true

    KIcon {
        id: mark

        anchors.left: parent.left
        anchors.leftMargin: Theme.unit * 3
        anchors.verticalCenter: parent.verticalCenter
        name: root.icon
        side: shown.size
        ink: Theme.primary
        visible: root.icon !== ""
    }

    KText {
        id: shown

        anchors.left: mark.visible ? mark.right : parent.left
        anchors.leftMargin: Theme.unit * 3
        anchors.verticalCenter: parent.verticalCenter
        width: Math.min(implicitWidth, root.width - x - Theme.unit * 3)
        text: root.text === "" ? root.hint : root.secret ? "•".repeat(root.text.length) : root.text
        kind: root.text === "" ? "body" : root.size
        strong: root.text !== ""
        color: root.text === "" ? Theme.quietInk : Theme.ink
        wrapMode: Text.NoWrap
        elide: root.text === "" ? Text.ElideNone : Text.ElideLeft
        Accessible.ignored: true
    }

    Rectangle {
        anchors.left: root.text === "" ? shown.left : shown.right
        anchors.leftMargin: root.text === "" ? -Theme.unit : Theme.unit / 2
        anchors.verticalCenter: parent.verticalCenter
        width: Theme.unit / 2
        height: shown.size
        color: Theme.primary
        visible: root.active
    }
}
