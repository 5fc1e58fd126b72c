pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// Before the camera looks: what for, how, for how long; and a way of equal size for those who do not want it.
Page {
    id: root

    readonly property var points: ["consent.what", "consent.where", "consent.keep", "consent.free"]

    guidance: Theme.elder ? "" : T.t("consent.guide")

    lead: Scene {
        width: root.leadWidth
        height: root.across ? Math.min(width * 0.625, root.leadItem.height) : Theme.elder || Theme.lowReach ? 0 : Math.min(width * 0.5, Theme.unit * 48)
        name: "look"
        visible: height > Theme.unit * 20
    }

    Scroller {
        anchors.top: parent.top
        anchors.bottom: answers.top
        anchors.bottomMargin: Theme.unit * 3
        width: parent.width
        spacing: Theme.unit * 3

        Fact {
            objectName: "purpose"
            width: parent ? parent.width : 0
            icon: "info"
            text: root.info.purpose ? T.of(root.info.purpose) : ""
            visible: text !== ""
        }

        Repeater {
            model: root.points

            Fact {
                required property string modelData
                required property int index

                width: parent ? parent.width : 0
                icon: ["face", "lock", "clock", "check"][index]
                text: T.t(modelData)
            }
        }
    }

    Row {
        id: answers

        anchors.bottom: parent.bottom
        width: parent.width
        spacing: Theme.gap * 2

        KButton {
            objectName: "disagree"
            width: (parent.width - parent.spacing) / 2
            height: Math.max(implicitHeight, Theme.unit * 20, agree.implicitHeight)
            text: T.t("consent.no")
            icon: "keyboard"
            stacked: true
            onClicked: Visit.submit({"agree": false})
        }

        KButton {
            id: agree

            objectName: "agree"
            width: (parent.width - parent.spacing) / 2
            height: Math.max(implicitHeight, Theme.unit * 20)
            text: T.t("consent.yes")
            icon: "face"
            stacked: true
            onClicked: Visit.submit({"agree": true})
        }
    }
}
