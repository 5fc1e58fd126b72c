import QtQuick
import Hall.Kiosk
import "../controls"

// The number: as large as it can be, with everything one has to know before walking away.
Page {
    id: root

    readonly property string printing: root.info.printing || ""
    readonly property bool failed: root.printing === "failed" || root.printing === "unproven"
    // large type has room for fewer things: what matters then is number, place and the way to keep them
    readonly property bool brief: Theme.elder && root.failed
    readonly property bool beside: root.across && !Theme.elder
    readonly property var windows: root.info.windows || []
    readonly property var stops: root.info.stops || []
    readonly property string booked: root.info.appointment && !root.info.late ? T.at("ticket.appointment", root.info.appointment) : ""
    // the queue with the booked time, or the way through several
    readonly property string what: root.stops.length > 0 ? root.stops.map((stop, at) => (at + 1) + " " + T.of(stop)).join(T.t("ticket.arrow")) : [T.of(root.info.queueName), root.booked].filter(part => part !== "").join(T.t("list.dot"))
    readonly property string places: {
        const byPlace = {};
        for (const window of root.windows) {
            const place = [T.of(window.zone), T.of(window.floor)].filter(part => part !== "").join(" ");
            byPlace[place] = (byPlace[place] || []).concat(T.of(window.name));
        }
        return Object.keys(byPlace).map(place => byPlace[place].join(T.t("list.and")) + (place === "" ? "" : "\n" + place)).join("\n");
    }

    title: root.printing === "printing" ? T.t("ticket.printing") : root.failed ? T.t("ticket.noPaper") : T.t("ticket.take")
    canBack: false
    primaryText: T.t("ticket.done")
    primaryIcon: "check"
    busyText: T.t("busy.print")
    onPrimary: Visit.submit({"done": true})

    lead: Column {
        width: root.leadWidth
        spacing: Theme.unit * 2

        Notice {
            id: paper

            width: parent.width
            kind: root.printing === "printed" ? "done" : root.failed ? "attention" : "info"
            text: root.printing === "printed" ? T.t("ticket.printed") : root.failed ? (root.info.fault && T.has(root.info.fault) ? T.t(root.info.fault) : T.has("error." + root.info.fault) ? T.t("error." + root.info.fault) : T.t("ticket.failed")) : T.t("ticket.wait")
            more: root.failed ? T.t("ticket.keep") : ""
        }

        Notice {
            id: network

            width: parent.width
            kind: "info"
            text: T.t("ticket.offline")
            visible: root.info.offline === true
        }

        Notice {
            id: caution

            width: parent.width
            text: root.info.late ? T.t("ticket.late") : root.info.warning ? T.t("warning." + root.info.warning) : ""
            visible: text !== "" && !(root.across && (Theme.elder || root.failed))
        }

        PaperRescue {
            width: parent.width
            number: root.info.number || ""
            coded: (root.info.url || "") !== ""
            visible: root.failed && root.beside
        }

        Scene {
            width: parent.width
            height: Math.max(0, Math.min(width * 0.625, root.leadItem.height - paper.implicitHeight - Theme.unit * 3 - (network.visible ? network.implicitHeight + Theme.unit * 2 : 0) - (caution.visible ? caution.implicitHeight + Theme.unit * 2 : 0)))
            name: "ticket"
            visible: root.across && !root.failed && height > Theme.unit * 25
        }
    }

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 3

        Surface {
            width: parent.width
            height: slip.implicitHeight + Theme.unit * 6

            Column {
                id: slip

                x: Theme.unit * 5
                y: Theme.unit * 3
                width: parent.width - Theme.unit * 10
                spacing: Theme.unit

                KText {
                    width: parent.width
                    text: root.what
                    visible: !root.brief
                    kind: root.stops.length > 0 || root.booked !== "" ? "body" : "title"
                    strong: root.stops.length > 0 || root.booked !== ""
                    color: Theme.quietInk
                    horizontalAlignment: Text.AlignHCenter
                }

                KText {
                    objectName: "number"
                    width: parent.width
                    text: root.info.number || ""
                    kind: "number"
                    strong: true
                    color: Theme.primary
                    lineHeight: Math.round(size * (root.failed || Theme.elder ? 1 : 1.15))
                    horizontalAlignment: Text.AlignHCenter
                    wrapMode: Text.NoWrap
                }

                PaperRescue {
                    width: parent.width
                    number: root.info.number || ""
                    coded: (root.info.url || "") !== ""
                    visible: root.brief
                }

                Rectangle {
                    width: parent.width
                    height: Theme.unit / 4
                    color: Theme.line
                }

                Fact {
                    width: parent.width
                    icon: "people"
                    kind: Theme.elder ? "body" : "title"
                    strong: true
                    text: root.info.ahead === undefined || root.info.ahead === null ? T.t("ticket.aheadUnknown") : root.info.ahead === 0 ? T.t("ticket.aheadNone") : T.f(root.info.ahead === 1 ? "ticket.aheadOne" : "ticket.ahead", {"count": root.info.ahead})
                }

                Fact {
                    width: parent.width
                    icon: "clock"
                    text: T.range(root.info.low, root.info.high)
                    visible: !root.brief
                }

                Fact {
                    width: parent.width
                    icon: "place"
                    text: root.places
                    visible: root.places !== ""
                }

                Fact {
                    width: parent.width
                    icon: "alert"
                    text: caution.text
                    ink: Theme.attention
                    mark: ink
                    visible: text !== "" && !caution.visible
                }
            }
        }

        Scene {
            width: parent.width
            height: Math.min(width * 0.55, root.workItem.height - slip.implicitHeight - Theme.unit * 10)
            name: "ticket"
            visible: !root.across && !root.failed && !Theme.elder && !Theme.lowReach && height > Theme.unit * 28
        }

        PaperRescue {
            width: parent.width
            number: root.info.number || ""
            coded: (root.info.url || "") !== ""
            visible: root.failed && !root.beside && !root.brief
        }
    }
}
