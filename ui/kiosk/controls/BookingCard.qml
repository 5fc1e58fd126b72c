import QtQuick
import Hall.Kiosk

// One booking: what, when, and what can be done about it now.
Surface {
    id: root

    required property var booking

    readonly property bool early: root.booking.checkIn === "early"
    readonly property bool late: root.booking.checkIn === "late"
    readonly property string comes: root.late ? T.t("bookings.late") : root.early ? T.at("bookings.early", root.booking.checkInFrom) : T.at("bookings.now", root.booking.checkInUntil)

    signal asked(string act)

    height: column.implicitHeight + Theme.unit * 6

    Column {
        id: column

        x: Theme.unit * 4
        y: Theme.unit * 3
        width: parent.width - Theme.unit * 8
        spacing: Theme.unit * 2

        KText {
            width: parent.width
            text: T.of(root.booking.queueName)
            kind: "title"
            strong: true
            lineHeight: Math.round(size * 1.2)
        }

        Fact {
            width: parent.width
            icon: "calendar"
            strong: true
            text: T.nearDay(root.booking.start) + "  " + T.span(root.booking.start, root.booking.end)
        }

        Fact {
            width: parent.width
            icon: root.late ? "alert" : "info"
            text: root.comes
            ink: root.early ? Theme.quietInk : root.late ? Theme.attention : Theme.done
            mark: ink
        }

        KButton {
            objectName: "check-in-" + root.booking.id
            width: parent.width
            height: Math.max(implicitHeight, Theme.unit * 12)
            text: root.late ? T.t("bookings.walk-in") : T.t("bookings.check-in")
            icon: "ticket"
            kind: "primary"
            visible: !root.early
            onClicked: root.asked("check-in")
        }

        Row {
            width: parent.width
            spacing: Theme.gap * 2
            visible: root.booking.canChange

            KButton {
                objectName: "move-" + root.booking.id
                width: (parent.width - parent.spacing) / 2
                height: Math.max(implicitHeight, drop.implicitHeight)
                text: T.t("bookings.move")
                icon: "calendar"
                onClicked: root.asked("move")
            }

            KButton {
                id: drop

                objectName: "drop-" + root.booking.id
                width: (parent.width - parent.spacing) / 2
                text: T.t("bookings.drop")
                icon: "close"
                onClicked: root.asked("drop")
            }
        }

        KText {
            width: parent.width
            text: T.at("bookings.fixed", root.booking.changeUntil)
            kind: "label"
            color: Theme.quietInk
            visible: !root.booking.canChange && !root.late
        }
    }
}
