import QtQuick
import Hall.Kiosk

// Crest, hall and time; beside or under them the switches.
Rectangle {
    id: root

    property bool withSwitches: !Theme.lowReach || Theme.reachTop === 0
    readonly property real rowHeight: Math.max(Theme.unit * 15, names.implicitHeight + Theme.unit * 3, clock.implicitHeight + Theme.unit * 3)
    readonly property bool beside: !Theme.portrait

    signal knocked

    implicitHeight: root.beside || !root.withSwitches ? root.rowHeight : root.rowHeight + Theme.touch + Theme.unit * 2.5
    color: Theme.surface

    Item {
        id: crest

        objectName: "crest"
        property int taps: 0

        anchors.left: parent.left
        anchors.leftMargin: Theme.pageMargin
        y: (root.rowHeight - height) / 2
        width: Theme.unit * 10
        height: width

        Rectangle {
            anchors.fill: parent
            radius: Theme.radiusButton
            color: Theme.primary
        }

        KIcon {
            anchors.centerIn: parent
            name: "crest"
            ink: Theme.onPrimary
            side: parent.width * 0.72
        }

        MouseArea {
            anchors.fill: parent
            onClicked: {
                crest.taps += 1;
                forget.restart();
                if (crest.taps >= 5) {
                    crest.taps = 0;
                    root.knocked();
                }
            }
        }

        Timer {
            id: forget

            interval: Theme.secondTap * 4
            onTriggered: crest.taps = 0
        }
    }

    Column {
        id: names

        anchors.left: crest.right
        anchors.leftMargin: Theme.unit * 3
        anchors.right: clock.left
        anchors.rightMargin: Theme.unit * 2
        y: (root.rowHeight - height) / 2

        KText {
            width: parent.width
            text: T.of(Shell.name) || T.t("header.hall")
            kind: Theme.elder || !Words.chinese ? "caption" : "body"
            strong: true
            lineHeight: Math.round(size * 1.2)
        }

        KText {
            width: parent.width
            text: Shell.demo ? T.t("header.demo") : T.t("header.kiosk")
            kind: "caption"
            color: Shell.demo ? Theme.urgent : Theme.quietInk
            strong: Shell.demo
            lineHeight: Math.round(size * 1.2)
            visible: !Theme.elder || Shell.demo
            wrapMode: Text.NoWrap
        }
    }

    Column {
        id: clock

        anchors.right: root.beside && root.withSwitches ? strip.left : parent.right
        anchors.rightMargin: root.beside && root.withSwitches ? Theme.group : Theme.pageMargin
        y: (root.rowHeight - height) / 2

        KText {
            anchors.right: parent.right
            text: Shell.time
            kind: "body"
            strong: true
            lineHeight: Math.round(size * 1.2)
        }

        KText {
            anchors.right: parent.right
            text: T.f("header.date", {"day": Shell.day, "monthName": T.t("month." + Shell.month), "weekday": T.t("weekday." + Shell.weekday)})
            kind: "caption"
            color: Theme.quietInk
            lineHeight: Math.round(size * 1.2)
            wrapMode: Text.NoWrap
            visible: !Theme.elder || Theme.portrait
        }
    }

    AccessStrip {
        id: strip

        spread: !root.beside
        width: root.beside ? implicitWidth : root.width - Theme.pageMargin * 2
        anchors.right: parent.right
        anchors.rightMargin: Theme.pageMargin
        y: root.beside ? (root.rowHeight - height) / 2 : root.rowHeight
        visible: root.withSwitches
    }

    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: Theme.unit / 4
        color: Theme.line
    }
}
