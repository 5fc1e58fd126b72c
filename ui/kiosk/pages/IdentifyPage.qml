import QtQuick
import Hall.Kiosk
import "../controls"

// Who is it? The card on the reader, or another way for those without a card.
Page {
    id: root

    readonly property bool reading: root.info.reading === true
    readonly property bool otherWay: (root.info.ways || []).indexOf("phone") >= 0

    guidance: T.t("identify.guide")
    primaryText: root.reading ? "" : T.t("identify.again")
    primaryIcon: "refresh"
    busyText: T.t("busy.card")
    onPrimary: Visit.submit({"way": "card"})

    lead: Scene {
        width: root.leadWidth
        height: root.across ? Math.min(width * 0.625, root.leadItem.height) : Math.min(width * 0.625, Theme.unit * 74) * (Theme.elder ? 0.75 : 1) * (Theme.lowReach ? 0.55 : 1)
        name: "card"
    }

    Column {
        width: parent.width
        anchors.verticalCenter: root.across ? parent.verticalCenter : undefined
        spacing: Theme.unit * 4

        Surface {
            width: parent.width
            height: now.implicitHeight + Theme.unit * 8
            edge: root.reading ? Theme.primary : Theme.line

            Fact {
                id: now

                anchors.verticalCenter: parent.verticalCenter
                x: Theme.unit * 4
                width: parent.width - Theme.unit * 8
                icon: root.reading ? "card" : "info"
                kind: "title"
                strong: true
                ink: root.reading ? Theme.primary : Theme.ink
                text: root.reading ? T.t("identify.waiting") : T.t("identify.paused")
            }
        }

        KButton {
            objectName: "way-phone"
            width: parent.width
            height: Math.max(implicitHeight, Theme.unit * 14)
            text: T.t("identify.phone")
            icon: "phone"
            visible: root.otherWay
            onClicked: Visit.submit({"way": "phone"})
        }

        KText {
            width: parent.width
            text: T.t("identify.private")
            color: Theme.quietInk
            visible: !Theme.elder
        }
    }
}
