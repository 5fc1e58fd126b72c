import QtQuick
import Hall.Kiosk
import "../controls"

// What is about to be done, in full, before it is.
Page {
    id: root

    readonly property string act: root.info.act || "book"
    readonly property bool dropping: root.act === "drop"

    title: root.act === "book" ? root.ownTitle : T.t("confirm.title." + root.act)
    guidance: Theme.elder || root.dropping ? "" : T.t("confirm.guide")
    busyText: T.t("busy.book")
    primaryText: T.t("confirm." + root.act)
    primaryIcon: root.dropping ? "close" : "check"
    onPrimary: Visit.submit({"sure": true})

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 3

        BookingSheet {
            width: parent ? parent.width : 0
            booking: root.info
        }

        Fact {
            width: parent ? parent.width : 0
            icon: "info"
            text: root.info.before ? T.at("confirm.before", root.info.before) : ""
            ink: Theme.quietInk
            visible: text !== ""
        }

        KButton {
            objectName: "keep"
            width: parent ? parent.width : 0
            height: Math.max(implicitHeight, Theme.unit * 13)
            text: T.t("confirm.keep")
            icon: "back"
            visible: root.dropping
            onClicked: root.goBack()
        }
    }
}
