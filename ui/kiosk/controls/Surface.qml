import QtQuick
import Hall.Kiosk

// A sheet on the paper: one soft shadow, or a border in high contrast.
Item {
    id: root

    property color fill: Theme.surface
    property color edge: Theme.contrast ? Theme.line : "transparent"
    property real edgeWidth: Theme.unit / 4
    property real radius: Theme.radiusTile
    property bool raised: true

    Rectangle {
        anchors.fill: parent
        anchors.topMargin: Theme.unit / 2
        anchors.bottomMargin: -Theme.unit / 2
        radius: root.radius
        color: Theme.shadow
        visible: root.raised && !Theme.contrast
    }

    Rectangle {
        anchors.fill: parent
        radius: root.radius
        color: root.fill
        border.width: root.edgeWidth
        border.color: root.edge
    }
}
