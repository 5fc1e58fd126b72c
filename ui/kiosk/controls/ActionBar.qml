import QtQuick
import Hall.Kiosk

// Always at the same place: back at the left, home and help in the middle, what goes on at the right.
Rectangle {
    id: root

    property bool canBack: false
    property bool canHome: false
    property string primaryText
    property string primaryIcon
    property bool primaryEnabled: true

    readonly property real tall: Math.max(Theme.touch, Theme.unit * (Theme.portrait ? (Theme.elder ? 17 : 15) : 12))
    readonly property real cell: (root.width - Theme.pageMargin * 2 - Theme.gap * 4) / 5

    signal back
    signal home
    signal help
    signal primary

    implicitHeight: root.tall + Theme.unit * 4
    color: Theme.surface

    Rectangle {
        width: parent.width
        height: Theme.unit / 4
        color: Theme.line
    }

    Row {
        anchors.fill: parent
        anchors.margins: Theme.unit * 2
        anchors.leftMargin: Theme.pageMargin
        anchors.rightMargin: Theme.pageMargin
        spacing: Theme.gap

        Item {
            width: root.cell
            height: root.tall

            KButton {
                objectName: "back"
                anchors.fill: parent
                visible: root.canBack
                text: T.t("bar.back")
                icon: "back"
                stacked: Theme.portrait
                size: "label"
                onClicked: root.back()
            }
        }

        Item {
            width: root.cell
            height: root.tall

            KButton {
                objectName: "home"
                anchors.fill: parent
                visible: root.canHome
                text: T.t("bar.home")
                icon: "home"
                stacked: Theme.portrait
                size: "label"
                onClicked: root.home()
            }
        }

        KButton {
            objectName: "help"
            width: root.cell * 1.2
            height: root.tall
            text: T.t("bar.help")
            icon: "help"
            stacked: Theme.portrait
            size: "label"
            onClicked: root.help()
        }

        Item {
            width: root.cell * 1.8 + Theme.gap
            height: root.tall

            KButton {
                objectName: "primary"
                anchors.fill: parent
                visible: root.primaryText !== ""
                enabled: root.primaryEnabled
                text: root.primaryText
                icon: root.primaryIcon
                kind: "primary"
                size: "body"
                onClicked: root.primary()
            }
        }
    }
}
