import QtQuick
import Hall.Kiosk

// A large choice: icon or letter, name, one line. A choice that is not to be had says why in its line.
Touchable {
    id: root

    property string title
    property string line
    property string icon
    property string badge
    property bool available: true
    property bool leading: false
    property bool upright: false
    property string lineIcon

    readonly property color ink: root.leading && root.available ? Theme.onPrimary : Theme.ink
    readonly property color soft: root.leading && root.available ? Theme.onPrimary : root.available ? Theme.quietInk : Theme.attention
    readonly property real mark: Theme.unit * (root.upright ? 14 : 12)

    radius: Theme.radiusTile
    enabled: root.available
    name: root.line === "" ? root.title : root.title + " " + root.line
    implicitHeight: Math.max(Theme.touch * 2, block.implicitHeight + Theme.unit * 6)

    Surface {
        anchors.fill: parent
        raised: root.available && !root.down
        fill: root.leading && root.available ? (root.down ? Theme.pressed : Theme.primary) : root.down ? Theme.tint : root.available ? Theme.surface : Theme.paper
        edge: root.down ? Theme.primary : root.available && root.leading ? "transparent" : Theme.line
        edgeWidth: root.down && Theme.contrast ? Theme.unit : Theme.unit / 4
    }

    Rectangle {
        id: mark

        anchors.left: parent.left
        anchors.leftMargin: Theme.unit * 4
        anchors.verticalCenter: root.upright ? undefined : parent.verticalCenter
        anchors.top: root.upright ? parent.top : undefined
        anchors.topMargin: Theme.unit * 4
        width: root.mark
        height: root.mark
        radius: Theme.radiusButton
        color: root.leading && root.available ? "transparent" : root.available ? Theme.tint : "transparent"
        border.width: (root.leading || Theme.contrast || !root.available) ? Theme.unit / 4 : 0
        border.color: root.available ? (root.leading ? Theme.onPrimary : Theme.line) : Theme.line
        visible: root.icon !== "" || root.badge !== ""

        KIcon {
            anchors.centerIn: parent
            name: root.badge === "" ? root.icon : ""
            side: root.mark * 0.62
            ink: root.leading && root.available ? Theme.onPrimary : root.available ? Theme.primary : Theme.quietInk
            visible: root.badge === ""
        }

        KText {
            anchors.centerIn: parent
            text: root.badge
            kind: Theme.elder ? "body" : "title"
            strong: true
            color: root.available ? Theme.primary : Theme.quietInk
            visible: root.badge !== ""
            Accessible.ignored: true
        }
    }

    Column {
        id: block

        anchors.left: root.upright || !mark.visible ? parent.left : mark.right
        anchors.leftMargin: Theme.unit * 4
        anchors.right: parent.right
        anchors.rightMargin: Theme.unit * 3
        anchors.verticalCenter: root.upright ? undefined : parent.verticalCenter
        anchors.bottom: root.upright ? parent.bottom : undefined
        anchors.bottomMargin: Theme.unit * 3
        spacing: Theme.unit / 2

        KText {
            width: parent.width
            text: root.title
            kind: "title"
            strong: true
            color: root.available ? root.ink : Theme.quietInk
            lineHeight: Math.round(size * (1 + (Theme.lineHeight - 1) * 0.6))
            Accessible.ignored: true
        }

        Row {
            width: parent.width
            spacing: Theme.unit * 1.5
            visible: root.line !== ""

            KIcon {
                id: lineMark

                anchors.top: parent.top
                anchors.topMargin: (below.lineHeight - side) / 2
                name: root.lineIcon
                side: below.size
                ink: root.soft
                visible: root.lineIcon !== ""
            }

            KText {
                id: below

                width: parent.width - (lineMark.visible ? lineMark.width + parent.spacing : 0)
                text: root.line
                color: root.soft
                Accessible.ignored: true
            }
        }
    }
}
