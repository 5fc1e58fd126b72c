pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// The first page: what one can do here, when the hall is open, what there is to know today.
Page {
    id: root

    readonly property var offers: root.info.offers || []
    readonly property bool compact: Theme.elder || root.across

    title: T.t("home.title")
    canBack: false
    canHome: false

    lead: Column {
        width: root.leadWidth
        spacing: Theme.unit * 3

        Scene {
            width: parent.width
            height: Math.round(width * (root.across || root.offers.length < 3 ? 0.38 : 0.2))
            name: "hall"
            visible: !Theme.elder && !Theme.lowReach
        }

        Column {
            width: parent.width
            spacing: Theme.unit * 2
            visible: root.across

            Fact {
                width: parent.width
                icon: "clock"
                text: T.of(root.info.hours)
                visible: text !== ""
            }

            Fact {
                width: parent.width
                icon: "notice"
                text: T.of(root.info.notice)
                visible: !Theme.elder && text !== ""
            }
        }
    }

    Scroller {
        id: tiles

        readonly property real given: root.workItem.height - (root.across ? 0 : facts.implicitHeight + Theme.group)

        width: parent.width
        height: tiles.given
        spacing: Theme.unit * 3

        Repeater {
            model: root.offers

            KTile {
                required property var modelData
                required property int index

                objectName: "offer-" + modelData.flow
                width: parent ? parent.width : 0
                height: Math.max(implicitHeight, Math.min(Theme.unit * 40, tiles.given / root.offers.length - tiles.spacing))
                title: T.t("flow." + modelData.flow)
                line: modelData.available ? T.t("flow." + modelData.flow + ".line") : T.t("error." + modelData.reason)
                lineIcon: modelData.available ? "" : "info"
                icon: ({"take_ticket": "ticket", "appointments": "calendar"})[modelData.flow] || "services"
                leading: index === 0
                large: !root.tight
                small: root.tight && root.offers.length > 2
                available: modelData.available && Shell.ready
                onClicked: Visit.start(modelData.flow)
            }
        }

        KText {
            width: parent ? parent.width : 0
            text: T.t("home.preparing")
            color: Theme.quietInk
            visible: !Shell.ready
        }
    }

    Column {
        id: facts

        anchors.bottom: parent.bottom
        width: parent.width
        spacing: Theme.unit * 2
        visible: !root.across

        Fact {
            width: parent.width
            icon: "notice"
            text: T.of(root.info.notice)
            visible: !Theme.elder && text !== ""
        }

        Fact {
            width: parent.width
            icon: "clock"
            text: T.of(root.info.hours)
            visible: text !== ""
        }
    }
}
