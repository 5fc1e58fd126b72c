import QtQuick
import Hall.Kiosk

// A button with a word, and an icon beside or above it; ``lined`` begins at the left like others of a list.
// Kinds: primary, plain (outlined), quiet (no edge).
Touchable {
    id: root

    property string text
    property string icon
    property string kind: "plain"
    property bool stacked: false
    property bool lined: false
    property string size: "body"

    readonly property bool filled: root.kind === "primary"
    readonly property color ink: !root.enabled ? Theme.quietInk : root.filled ? Theme.onPrimary : Theme.primary
    readonly property color fill: !root.enabled ? (root.filled ? Theme.line : "transparent") : root.filled ? (root.down ? Theme.pressed : Theme.primary) : root.down ? (Theme.contrast ? Theme.line : Theme.tint) : root.kind === "quiet" ? "transparent" : Theme.surface

    name: root.text
    implicitHeight: Math.max(Theme.touch, words.implicitHeight + Theme.unit * 3)
    implicitWidth: Math.max(Theme.touch, words.implicitWidth + (root.icon === "" || root.stacked ? 0 : words.size * 1.25 + Theme.unit * 2) + Theme.unit * 6)

    Rectangle {
        anchors.fill: parent
        radius: root.radius
        color: root.fill
        border.width: root.kind === "quiet" && !Theme.contrast ? 0 : Theme.unit / 4
        border.color: root.enabled ? (root.filled && Theme.contrast ? Theme.ink : root.down ? Theme.pressed : Theme.primary) : Theme.line
    }

    Grid {
        id: line

        anchors.verticalCenter: parent.verticalCenter
        x: root.lined ? Theme.unit * 3 : (root.width - width) / 2
        columns: root.stacked || !mark.visible || root.text === "" ? 1 : 2
        columnSpacing: Theme.unit * 2
        rowSpacing: Theme.unit / 2
        horizontalItemAlignment: Grid.AlignHCenter
        verticalItemAlignment: Grid.AlignVCenter

        KIcon {
            id: mark

            name: root.icon
            ink: Theme.contrast && root.down && !root.filled ? Theme.paper : root.ink
            side: words.size * 1.25
            // a word that fills the button goes before its icon
            visible: root.icon !== "" && (root.stacked || root.text === "" || words.implicitWidth + side + Theme.unit * 4 <= root.width)
        }

        KText {
            id: words

            text: root.text
            visible: root.text !== ""
            kind: root.size
            strong: root.filled
            lineHeight: Math.round(size * 1.25)
            color: Theme.contrast && root.down && !root.filled ? Theme.paper : root.ink
            horizontalAlignment: root.lined ? Text.AlignLeft : Text.AlignHCenter
            width: Math.min(implicitWidth, root.width - Theme.unit * 3)
            Accessible.ignored: true
        }
    }
}
