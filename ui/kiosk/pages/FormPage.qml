pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// The questions of a transaction, one at a time; its definition says which and of what kind.
Page {
    id: root

    property int at: 0
    property var values: ({})

    readonly property var fields: root.info.fields || []
    readonly property var field: root.fields[root.at] || null
    readonly property string kind: root.field ? root.field.kind : ""
    readonly property bool choice: root.kind === "choice"
    readonly property bool digits: root.kind === "digits" || root.kind === "number" || root.kind === "id" || root.kind === "date" || root.kind === "phone"
    readonly property string value: root.field ? root.values[root.field.id] || "" : ""
    readonly property bool last: root.at >= root.fields.length - 1

    function put(text: string): void {
        const values = Object.assign({}, root.values);
        values[root.field.id] = text;
        root.values = values;
    }

    function goBack(): void {
        if (root.at > 0)
            root.at -= 1;
        else
            Visit.back();
    }

    function goOn(): void {
        if (root.last)
            Visit.submit(root.values);
        else
            root.at += 1;
    }

    title: root.field ? T.of(root.field.label) : ""
    guidance: root.fields.length > 1 ? T.f("form.count", {"at": root.at + 1, "all": root.fields.length}) : ""
    primaryText: root.choice ? "" : T.t("bar.next")
    primaryIcon: "next"
    primaryEnabled: root.field !== null && (!root.field.required || root.value !== "")
    onPrimary: root.goOn()
    onKeyed: text => {
        if (root.choice || root.field === null)
            return;
        if (text === "\b")
            root.put(root.value.slice(0, -1));
        else if (root.value.length < 40)
            root.put(root.value + text.toUpperCase());
    }

    Column {
        id: column

        width: parent.width
        spacing: Theme.unit * 3
        visible: !root.choice

        KField {
            id: shown

            objectName: "value"
            width: parent.width
            label: root.title
            hint: root.field && !root.field.required ? T.t("form.optional") : T.t("form.hint")
            text: root.value
        }

        KKeypad {
            width: parent.width
            height: Math.min(Theme.unit * 76, root.workItem.height - shown.height - column.spacing)
            withX: root.kind === "id"
            visible: root.digits
            onTyped: key => root.keyed(key)
            onErased: root.keyed("\b")
        }

        KLetters {
            width: parent.width
            height: root.workItem.height - shown.height - column.spacing
            withDigits: true
            visible: !root.digits
            onTyped: key => root.keyed(key)
            onErased: root.keyed("\b")
        }
    }

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 2
        visible: root.choice

        Repeater {
            model: root.choice ? root.field.options || [] : []

            KButton {
                required property var modelData

                objectName: "choice-" + modelData.id
                width: parent ? parent.width : 0
                height: Math.max(implicitHeight, Theme.unit * 13)
                text: T.of(modelData.name)
                onClicked: {
                    root.put(modelData.id);
                    root.goOn();
                }
            }
        }
    }
}
