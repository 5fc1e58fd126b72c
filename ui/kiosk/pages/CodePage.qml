import QtQuick
import Hall.Kiosk
import "../controls"

// A code that is known to the case, for those who do not want their face compared.
Page {
    id: root

    property string code

    guidance: T.of(root.info.label) === "" ? T.t("code.guide") : T.of(root.info.label)
    primaryText: T.t("bar.next")
    primaryIcon: "next"
    primaryEnabled: root.code.length >= 4
    onPrimary: {
        Visit.submit({"code": root.code});
        root.code = "";
    }
    onKeyed: text => {
        if (text === "\b")
            root.code = root.code.slice(0, -1);
        else if (text >= "0" && text <= "9" && root.code.length < 12)
            root.code += text;
    }

    lead: Notice {
        width: root.leadWidth
        kind: root.info.scanned === "unreadable" ? "attention" : "info"
        text: root.info.scanned === "unreadable" ? T.t("error.code-unreadable") + T.t("list.dot") + T.t("error.code-unreadable.do") : T.t("code.scan")
        visible: root.info.scanner === true
    }

    Column {
        id: column

        width: parent.width
        spacing: Theme.unit * 3

        KField {
            id: field

            objectName: "code"
            width: parent.width
            icon: "lock"
            label: T.t("code.label")
            hint: T.t("code.hint")
            text: root.code
        }

        KKeypad {
            width: parent.width
            height: Math.min(Theme.unit * 76, root.workItem.height - field.height - column.spacing)
            onTyped: key => root.keyed(key)
            onErased: root.keyed("\b")
        }
    }
}
