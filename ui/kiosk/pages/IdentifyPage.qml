import QtQuick
import Hall.Kiosk
import "../controls"

// Who is it? The card on the reader, or another way for those without a card.
Page {
    id: root

    readonly property bool reading: root.info.reading === true
    readonly property bool otherWay: (root.info.ways || []).indexOf("phone") >= 0

    readonly property bool social: (root.info.cards || []).indexOf("social") >= 0
    readonly property bool onlySocial: root.social && root.info.cards.length === 1

    title: root.onlySocial ? T.t("identify.title.social") : root.ownTitle
    guidance: T.t(root.onlySocial ? "identify.guide.only-social" : root.social ? "identify.guide.social" : "identify.guide")
    primaryText: root.reading ? "" : T.t("identify.again")
    primaryIcon: "refresh"
    busyText: T.t("busy.card")
    onPrimary: Visit.submit({"way": "card"})

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 4

        Scene {
            width: parent.width
            height: Math.max(0, Math.min(width * 0.625, root.workItem.height - rest.implicitHeight - Theme.unit * 5))
            name: "card"
            visible: height > Theme.unit * 22
        }

        Column {
            id: rest

            width: parent.width
            spacing: Theme.unit * 3

            Surface {
                width: parent.width
                height: now.implicitHeight + Theme.unit * 6
                edge: root.reading ? Theme.primary : Theme.line

                Fact {
                    id: now

                    anchors.verticalCenter: parent.verticalCenter
                    x: Theme.unit * 4
                    width: parent.width - Theme.unit * 8
                    icon: root.reading ? "card" : "info"
                    kind: root.reading ? "title" : "body"
                    strong: true
                    ink: root.reading ? Theme.primary : Theme.ink
                    text: root.reading ? T.t("identify.waiting") : T.t("identify.paused")
                }
            }

            KButton {
                objectName: "way-phone"
                width: parent.width
                height: Math.max(implicitHeight, Theme.unit * 13)
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
}
