import QtQuick
import Hall.Kiosk

// One thing to know: an icon and a sentence.
Item {
    id: root

    property string icon
    property string text
    property string kind: "body"
    property color ink: Theme.ink
    property color mark: Theme.primary
    property bool strong: false

    implicitHeight: words.implicitHeight

    KIcon {
        id: mark

        name: root.icon
        ink: root.mark
        side: words.size * 1.2
        y: (words.lineHeight - height) / 2
    }

    KText {
        id: words

        anchors.left: mark.right
        anchors.leftMargin: Theme.unit * 2
        anchors.right: parent.right
        text: root.text
        kind: root.kind
        strong: root.strong
        color: root.ink
    }
}
