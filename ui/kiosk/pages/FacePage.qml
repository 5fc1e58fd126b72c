import QtQuick
import Hall.Kiosk
import "../controls"

// The camera looks; the picture is only shown, never kept. There is always another way.
Page {
    id: root

    property int pictures: 0
    readonly property string state_: root.info.state || "looking"
    readonly property bool looking: root.state_ === "looking"

    guidance: T.t("face.guide")
    primaryText: root.looking || root.state_ === "match" ? "" : T.t("face.again")
    primaryIcon: "refresh"
    busyText: T.t("busy.face")
    onPrimary: Visit.submit({"again": true})

    Connections {
        target: Visit

        function onPictured(): void {
            root.pictures += 1;
        }
    }

    Column {
        width: parent.width
        spacing: Theme.unit * 3

        Item {
            id: frame

            anchors.horizontalCenter: parent.horizontalCenter
            height: Math.max(Theme.unit * 24, Math.min(parent.width * 0.75, root.workItem.height - below.implicitHeight - Theme.unit * 3))
            width: height / 0.75

            Rectangle {
                anchors.fill: parent
                radius: Theme.radiusTile
                color: Theme.surface
                border.width: Theme.unit / 2
                border.color: root.state_ === "match" ? Theme.done : root.looking ? Theme.primary : Theme.attention
            }

            KIcon {
                anchors.centerIn: parent
                name: "face"
                side: parent.height * 0.4
                ink: Theme.line
            }

            Image {
                anchors.fill: parent
                anchors.margins: Theme.unit * 2
                cache: false
                fillMode: Image.PreserveAspectCrop
                source: root.looking ? "image://preview/" + root.pictures : ""
                Accessible.role: Accessible.Graphic
                Accessible.name: T.t("face.preview")
            }

            Rectangle {
                anchors.centerIn: parent
                height: parent.height * 0.78
                width: height * 0.76
                radius: width / 2
                color: "transparent"
                border.width: Theme.unit / 2
                border.color: Theme.primary
                visible: root.looking
            }
        }

        Column {
            id: below

            width: parent.width
            spacing: Theme.unit * 3

            Notice {
                width: parent.width
                kind: root.state_ === "match" ? "done" : root.looking ? "info" : "attention"
                text: root.looking ? (root.info.hint && T.has("face.hint." + root.info.hint) ? T.t("face.hint." + root.info.hint) : T.t("face.looking")) : T.t("face." + root.state_)
            }

            KButton {
                objectName: "other-way"
                width: parent.width
                height: Math.max(implicitHeight, Theme.unit * 13)
                text: T.t("face.otherWay")
                icon: "keyboard"
                onClicked: Visit.submit({"otherWay": true})
            }
        }
    }
}
