pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// Digits, a way to erase, and X where a document number may end in it.
Grid {
    id: root

    property bool withX: false
    property real keyHeight: Math.max(Theme.touch, (root.height - root.spacing * 3) / 4)
    readonly property var keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9", root.withX ? "X" : "", "0", "erase"]

    signal typed(string key)
    signal erased

    columns: 3
    spacing: Theme.gap

    Repeater {
        model: root.keys

        KButton {
            required property string modelData

            objectName: "key-" + modelData

            width: (root.width - root.spacing * 2) / 3
            height: root.keyHeight
            text: modelData === "erase" ? "" : modelData
            name: modelData === "erase" ? T.t("key.erase") : modelData
            icon: modelData === "erase" ? "erase" : ""
            size: modelData === "erase" || root.keyHeight < Theme.title * 1.5 ? "body" : "title"
            quick: true
            // an empty place in the grid, not a button that cannot be pressed
            opacity: modelData === "" ? 0 : 1
            enabled: modelData !== ""
            Accessible.ignored: modelData === ""
            onClicked: modelData === "erase" ? root.erased() : root.typed(modelData)
        }
    }
}
