pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// What one can do here without a window.
Page {
    id: root

    readonly property var services: root.info.services || []

    guidance: T.t("services.guide")

    Scroller {
        id: list

        anchors.fill: parent
        spacing: Theme.unit * 3

        Repeater {
            model: root.services

            KTile {
                required property var modelData

                objectName: "service-" + modelData.id
                width: parent ? parent.width : 0
                height: Math.max(implicitHeight, Theme.unit * 24)
                title: T.of(modelData.name)
                line: modelData.available ? T.of(modelData.line) : T.t("error." + modelData.reason)
                lineIcon: modelData.available ? "" : "info"
                icon: modelData.icon || "document"
                available: modelData.available
                onClicked: Visit.submit({"service": modelData.id})
            }
        }

        KText {
            width: parent.width
            text: T.t("services.none")
            visible: root.services.length === 0
        }
    }
}
