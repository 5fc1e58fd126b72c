pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// One out of several, such as which guide to print.
Page {
    id: root

    readonly property var options: root.info.options || []

    title: T.of(root.info.label) !== "" ? T.of(root.info.label) : root.ownTitle

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 2

        Repeater {
            model: root.options

            KTile {
                required property var modelData

                objectName: "option-" + modelData.id
                width: parent ? parent.width : 0
                height: Math.max(implicitHeight, Theme.unit * 18)
                icon: "document"
                badge: modelData.badge || ""
                small: Theme.elder
                title: T.of(modelData.name)
                line: T.of(modelData.line)
                onClicked: Visit.submit({"choice": modelData.id})
            }
        }

        KText {
            width: parent.width
            text: T.t("choose.none")
            visible: root.options.length === 0
        }
    }
}
