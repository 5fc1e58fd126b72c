import QtQuick
import Hall.Kiosk

// Says that something is being done, once it takes longer than a blink; after a while it says that it still is.
Item {
    id: root

    property bool busy: Visit.busy
    property string text
    property bool late: false
    property bool shown: false

    visible: root.busy
    onBusyChanged: {
        root.shown = false;
        root.late = false;
        if (root.busy) {
            soon.restart();
            later.restart();
        } else {
            soon.stop();
            later.stop();
        }
    }

    Timer {
        id: soon

        interval: Theme.secondTap
        onTriggered: root.shown = true
    }

    Timer {
        id: later

        interval: Theme.secondTap * 10
        onTriggered: root.late = true
    }

    MouseArea {
        anchors.fill: parent
    }

    Surface {
        anchors.centerIn: parent
        width: Math.min(parent.width - Theme.pageMargin, Theme.unit * 80)
        height: words.implicitHeight + Theme.unit * 8
        visible: root.shown
        edge: Theme.primary

        Column {
            id: words

            anchors.centerIn: parent
            width: parent.width - Theme.unit * 8
            spacing: Theme.unit

            KIcon {
                anchors.horizontalCenter: parent.horizontalCenter
                name: "clock"
                ink: Theme.primary
                side: Theme.unit * 8
            }

            KText {
                width: parent.width
                text: root.text
                kind: "title"
                strong: true
                horizontalAlignment: Text.AlignHCenter
            }

            KText {
                width: parent.width
                text: root.late ? T.t("busy.late") : T.t("busy.wait")
                color: Theme.quietInk
                horizontalAlignment: Text.AlignHCenter
            }
        }
    }
}
