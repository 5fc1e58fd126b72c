import QtQuick
import Hall.Kiosk

// The number was given out but no paper came: the same thing as a code for the telephone, and another try.
Row {
    id: root

    property string number
    property bool coded: false

    spacing: Theme.unit * 4

    Rectangle {
        id: code

        width: Theme.unit * 26
        height: width
        radius: Theme.radiusButton
        // a QR code is black on white in every palette, or telephones do not read it
        color: Qt.rgba(1, 1, 1, 1)
        border.width: Theme.unit / 4
        border.color: Theme.line
        visible: root.coded

        Image {
            anchors.fill: parent
            anchors.margins: Theme.unit
            cache: false
            smooth: false
            fillMode: Image.PreserveAspectFit
            sourceSize: Qt.size(Math.round(width), Math.round(height))
            source: root.coded && root.visible ? "image://qr/" + root.number : ""
            Accessible.role: Accessible.Graphic
            Accessible.name: T.t("ticket.qr")
        }
    }

    Column {
        width: root.width - (code.visible ? code.width + root.spacing : 0)
        spacing: Theme.unit * 2

        KText {
            width: parent.width
            text: T.t("ticket.qr")
            visible: code.visible
        }

        KButton {
            objectName: "reprint"
            width: parent.width
            text: T.t("ticket.reprint")
            icon: "printer"
            onClicked: Visit.submit({"reprint": true})
        }
    }
}
