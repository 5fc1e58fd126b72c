pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// Letters in rows of the alphabet, which more people know than the order of a typewriter.
Flow {
    id: root

    property bool withDigits: false
    readonly property int across: root.width > Theme.touch * 10 + Theme.gap * 9 && !Theme.portrait ? 10 : 7
    readonly property var keys: {
        const all = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");
        return root.withDigits ? "1234567890".split("").concat(all) : all;
    }
    readonly property int rows: Math.ceil((root.keys.length + 2) / root.across)
    readonly property real keyWidth: Math.floor((root.width - Theme.gap * (root.across - 1)) / root.across)
    property real keyHeight: Math.max(Theme.touch, Math.min(Theme.touch * 1.6, (root.height - root.spacing * (root.rows - 1)) / root.rows))

    signal typed(string key)
    signal erased

    spacing: Theme.gap

    Repeater {
        model: root.keys

        KButton {
            required property string modelData

            objectName: "key-" + modelData

            width: root.keyWidth
            height: root.keyHeight
            text: modelData
            quick: true
            onClicked: root.typed(modelData)
        }
    }

    KButton {
        width: root.keyWidth * 2 + Theme.gap
        height: root.keyHeight
        icon: "erase"
        name: T.t("key.erase")
        quick: true
        onClicked: root.erased()
    }
}
