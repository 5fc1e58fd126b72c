import QtQuick
import Hall.Kiosk

// A sheet over the page; what lies below cannot be touched while it is open.
FocusScope {
    id: root

    property bool open: false
    property real sheetWidth: Math.min(root.width - Theme.pageMargin * 2, Theme.unit * 119)
    default property alias body: column.data

    signal closed

    anchors.fill: parent
    visible: root.open
    focus: root.open
    onOpenChanged: if (root.open)
        root.forceActiveFocus()

    Rectangle {
        anchors.fill: parent
        color: Theme.ink
        opacity: Theme.contrast ? 1 : 0.55

        // in high contrast ink is white: the veil is black instead
        Rectangle {
            anchors.fill: parent
            color: Theme.paper
            visible: Theme.contrast
        }
    }

    MouseArea {
        anchors.fill: parent
        onClicked: root.closed()
    }

    Surface {
        id: sheet

        anchors.horizontalCenter: parent.horizontalCenter
        y: Math.max(Theme.reachTop, (root.height - height) / (Theme.lowReach ? 1.1 : 2))
        width: root.sheetWidth
        height: column.implicitHeight + Theme.unit * 12

        MouseArea {
            anchors.fill: parent
        }

        Column {
            id: column

            x: Theme.unit * 6
            y: Theme.unit * 6
            width: parent.width - Theme.unit * 12
            spacing: Theme.unit * 3
        }
    }
}
