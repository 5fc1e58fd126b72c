import QtQuick
import Hall.Kiosk

// One line of the staff's page: a thing, its state in words, and a mark.
Surface {
    id: root

    property string title
    property string line
    property bool good: true

    height: words.implicitHeight + Theme.unit * 3
    raised: false
    edge: root.good ? Theme.line : Theme.attention

    KIcon {
        id: mark

        anchors.left: parent.left
        anchors.leftMargin: Theme.unit * 3
        anchors.verticalCenter: parent.verticalCenter
        name: root.good ? "check" : "alert"
        ink: root.good ? Theme.done : Theme.attention
    }

    Column {
        id: words

        anchors.left: mark.right
        anchors.leftMargin: Theme.unit * 3
        anchors.right: parent.right
        anchors.rightMargin: Theme.unit * 3
        anchors.verticalCenter: parent.verticalCenter

        KText {
            width: parent.width
            text: root.title
            strong: true
            lineHeight: Math.round(size * 1.25)
        }

        KText {
            width: parent.width
            text: root.line
            kind: "label"
            color: Theme.quietInk
            lineHeight: Math.round(size * 1.25)
        }
    }
}
