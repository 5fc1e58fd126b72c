import QtQuick
import Hall.Kiosk

// A large choice: icon or letter, name, one line. A choice that is not to be had says why in its line.
// Narrow tiles put the line below, wide ones beside the mark.
Touchable {
    id: root

    property string title
    property string line
    property string icon
    property string badge
    property bool available: true
    property bool leading: false
    property bool narrow: false
    property bool small: false
    property bool large: false
    property string lineIcon

    readonly property bool filled: root.leading && root.available
    readonly property color ink: root.filled ? Theme.onPrimary : root.available ? Theme.ink : Theme.quietInk
    readonly property color soft: root.filled ? Theme.onPrimary : root.available ? Theme.quietInk : Theme.attention
    readonly property real pad: Theme.unit * (root.narrow ? 3 : 4)
    readonly property real markSide: root.narrow ? Theme.unit * 9 : Theme.unit * (Theme.elder ? 11 : root.large ? 17 : 12)
    readonly property real natural: root.pad * 2 + (root.narrow ? Math.max(root.markSide, name_.implicitHeight) + Theme.unit * 1.5 + (lineRow.visible ? lineRow.height : 0) : name_.implicitHeight + (lineRow.visible ? lineRow.height + Theme.unit / 2 : 0))

    radius: Theme.radiusTile
    enabled: root.available
    name: root.line === "" ? root.title : root.title + " " + root.line
    implicitHeight: Math.max(Theme.touch * 1.5, root.natural)

    Surface {
        anchors.fill: parent
        raised: root.available && !root.down
        fill: root.filled ? (root.down ? Theme.pressed : Theme.primary) : root.down ? Theme.tint : root.available ? Theme.surface : Theme.paper
        edge: root.down ? Theme.primary : root.filled ? "transparent" : Theme.line
        edgeWidth: root.down && Theme.contrast ? Theme.unit : Theme.unit / 4
    }

    Rectangle {
        id: mark

        x: root.pad
        y: root.narrow ? root.pad + Math.max(0, (name_.implicitHeight - height) / 2) : (root.height - height) / 2
        width: root.markSide
        height: root.markSide
        radius: Theme.radiusButton
        color: root.filled || !root.available ? "transparent" : Theme.tint
        border.width: root.filled || Theme.contrast || !root.available ? Theme.unit / 4 : 0
        border.color: root.filled ? Theme.onPrimary : Theme.line
        visible: root.icon !== "" || root.badge !== ""

        KIcon {
            anchors.centerIn: parent
            name: root.badge === "" ? root.icon : ""
            side: parent.width * 0.62
            ink: root.filled ? Theme.onPrimary : root.available ? Theme.primary : Theme.quietInk
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

    KText {
        id: name_

        x: mark.visible ? mark.x + mark.width + root.pad : root.pad
        y: root.narrow ? root.pad + Math.max(0, (root.markSide - implicitHeight) / 2) : (root.height - height - (lineRow.visible ? lineRow.height + Theme.unit / 2 : 0)) / 2
        width: root.width - x - root.pad
        text: root.title
        kind: root.small ? "body" : "title"
        strong: true
        color: root.ink
        lineHeight: Math.round(size * 1.2)
        Accessible.ignored: true
    }

    Item {
        id: lineRow

        x: root.narrow ? root.pad : name_.x
        y: root.narrow ? Math.max(mark.y + mark.height, name_.y + name_.height) + Theme.unit * 1.5 : name_.y + name_.height + Theme.unit / 2
        width: root.width - x - root.pad
        height: below.implicitHeight
        visible: root.line !== ""

        KIcon {
            id: lineMark

            y: (below.lineHeight - side) / 2
            name: root.lineIcon
            side: below.size
            ink: root.soft
            visible: root.lineIcon !== "" && !(Theme.elder && root.available)
        }

        KText {
            id: below

            x: lineMark.visible ? lineMark.width + Theme.unit * 1.5 : 0
            width: parent.width - x
            text: root.line
            color: root.soft
            lineHeight: Math.round(size * 1.3)
            Accessible.ignored: true
        }
    }
}
