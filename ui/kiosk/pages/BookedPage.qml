import QtQuick
import Hall.Kiosk
import "../controls"

// It is booked, moved or given back: when to come and until when it can be changed. The slip is printed meanwhile.
Page {
    id: root

    readonly property string act: root.info.act || "book"
    readonly property bool dropped: root.act === "drop"
    readonly property string printing: root.info.printing || ""
    readonly property bool failed: root.printing === "failed" || root.printing === "unproven"
    readonly property var windows: root.info.windows || []
    readonly property string place: root.windows.length === 0 ? "" : [T.of(root.windows[0].floor), T.of(root.windows[0].zone)].filter(part => part !== "").join(" ")

    title: root.act === "book" ? root.ownTitle : T.t("booked.title." + root.act)
    canBack: false
    primaryText: T.t("ticket.done")
    primaryIcon: "check"
    busyText: T.t("busy.print")
    onPrimary: Visit.submit({"done": true})

    lead: Notice {
        width: root.leadWidth
        kind: root.dropped || root.printing === "printed" ? "done" : root.failed ? "attention" : "info"
        text: root.dropped ? T.t("booked.dropped") : root.printing === "printed" ? T.t("booked.printed") : root.failed ? T.t("booked.failed") : T.t("booked.printing")
    }

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 3

        BookingSheet {
            width: parent ? parent.width : 0
            booking: root.info
            over: root.dropped

            Rectangle {
                width: parent ? parent.width : 0
                height: Theme.unit / 4
                color: Theme.line
                visible: !root.dropped
            }

            Fact {
                width: parent ? parent.width : 0
                icon: "ticket"
                strong: true
                text: root.info.checkInFrom ? T.f("booked.check-in", {"from": root.info.checkInFrom.time, "until": root.info.checkInUntil.time}) : ""
                visible: !root.dropped
            }

            Fact {
                width: parent ? parent.width : 0
                icon: "place"
                text: root.place
                visible: !root.dropped && text !== ""
            }

            Fact {
                width: parent ? parent.width : 0
                icon: "info"
                text: root.info.changeUntil ? T.at("booked.change", root.info.changeUntil) : ""
                visible: !root.dropped && root.info.canChange === true
            }
        }

        KButton {
            objectName: "reprint"
            width: parent ? parent.width : 0
            height: Math.max(implicitHeight, Theme.unit * 13)
            text: T.t("booked.again")
            icon: "printer"
            visible: root.failed && !root.dropped
            onClicked: Visit.submit({"print": true})
        }
    }
}
