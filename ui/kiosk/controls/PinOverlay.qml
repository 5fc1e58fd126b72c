import QtQuick
import Hall.Kiosk

// The staff's door.
Overlay {
    id: root

    property string pin

    open: Maintenance.asking
    onOpenChanged: root.pin = ""
    onClosed: Maintenance.close()
    sheetWidth: Math.min(root.width - Theme.pageMargin * 2, Theme.unit * 80)

    KText {
        width: parent.width
        text: T.t("staff.pin")
        kind: "title"
        strong: true
    }

    KField {
        width: parent.width
        text: root.pin
        secret: true
        label: T.t("staff.pin")
        icon: "lock"
    }

    Notice {
        width: parent.width
        text: Maintenance.locked ? T.t("staff.locked") : T.t("staff.wrong")
        visible: Maintenance.wrong
    }

    KKeypad {
        width: parent.width
        height: Math.max(Theme.touch, Theme.unit * 10) * 4 + spacing * 3
        onTyped: key => root.pin += key
        onErased: root.pin = root.pin.slice(0, -1)
    }

    Row {
        width: parent.width
        spacing: Theme.gap

        KButton {
            width: (parent.width - parent.spacing) / 2
            text: T.t("staff.close")
            onClicked: Maintenance.close()
        }

        KButton {
            objectName: "pinEnter"
            width: (parent.width - parent.spacing) / 2
            text: T.t("staff.enter")
            kind: "primary"
            enabled: root.pin.length > 0
            onClicked: {
                Maintenance.enter(root.pin);
                root.pin = "";
            }
        }
    }
}
