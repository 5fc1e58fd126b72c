import QtQuick
import Hall.Kiosk
import "../controls"

// A mobile number in place of a card.
Page {
    id: root

    property string digits

    guidance: T.t("phone.guide")
    primaryText: T.t("bar.next")
    primaryIcon: "next"
    primaryEnabled: root.digits.length === 11
    onPrimary: Visit.submit({"phone": root.digits})
    onKeyed: text => {
        if (text === "\b")
            root.digits = root.digits.slice(0, -1);
        else if (text >= "0" && text <= "9" && root.digits.length < 11)
            root.digits += text;
    }

    Column {
        id: column

        width: parent.width
        spacing: Theme.unit * 3

        KField {
            id: field

            objectName: "phone"
            width: parent.width
            icon: "phone"
            label: T.t("phone.label")
            hint: T.t("phone.hint")
            text: [root.digits.slice(0, 3), root.digits.slice(3, 7), root.digits.slice(7)].filter(part => part !== "").join(" ")
        }

        KKeypad {
            width: parent.width
            height: Math.min(Theme.unit * 76, root.workItem.height - field.height - column.spacing)
            onTyped: key => root.keyed(key)
            onErased: root.keyed("\b")
        }
    }
}
