import QtQuick
import Hall.Kiosk

// One slot: its time, and how many places are left, or that it is too late to book it.
Touchable {
    id: root

    property string from
    property string until
    property int free: 0
    property bool over: false

    readonly property bool available: root.free > 0
    readonly property string places: root.available ? T.f("slot.free", {"count": root.free}) : T.t(root.over ? "slot.over" : "slot.full")

    enabled: root.available
    name: time.text + " " + root.places
    implicitHeight: Math.max(Theme.touch * 1.2, words.implicitHeight + Theme.unit * 3)

    Surface {
        anchors.fill: parent
        radius: root.radius
        raised: root.available && !root.down
        fill: root.down ? Theme.tint : root.available ? Theme.surface : Theme.paper
        edge: root.down ? Theme.primary : Theme.line
    }

    Column {
        id: words

        anchors.verticalCenter: parent.verticalCenter
        width: parent.width

        KText {
            id: time

            width: parent.width
            text: T.f("time.span", {"from": root.from, "until": root.until})
            strong: root.available
            color: root.available ? Theme.primary : Theme.quietInk
            horizontalAlignment: Text.AlignHCenter
            lineHeight: Math.round(size * 1.25)
            Accessible.ignored: true
        }

        KText {
            width: parent.width
            text: root.places
            kind: "label"
            color: Theme.quietInk
            horizontalAlignment: Text.AlignHCenter
            lineHeight: Math.round(size * 1.25)
            Accessible.ignored: true
        }
    }
}
