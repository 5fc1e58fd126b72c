pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// What somebody has booked: come in with it, move it, give it back; or book anew.
Page {
    id: root

    readonly property var bookings: root.info.bookings || []

    busyText: T.t("busy.ask")
    primaryText: root.info.canBook ? T.t("bookings.new") : ""
    primaryIcon: "calendar"
    onPrimary: Visit.submit({"act": "book"})

    function act(name: string, booking: string): void {
        Visit.submit({
            "act": name,
            "booking": booking
        });
    }

    lead: PersonFact {
        width: root.leadWidth
        person: root.info.person || null
    }

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 3

        Repeater {
            model: root.bookings

            BookingCard {
                required property var modelData

                width: parent ? parent.width : 0
                booking: modelData
                onAsked: act => root.act(act, modelData.id)
            }
        }
    }
}
