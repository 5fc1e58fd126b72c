pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// Which day? The ones that are full stay to be seen, but cannot be had.
Page {
    id: root

    readonly property var days: root.info.days || []
    readonly property int columns: Theme.elder ? 1 : 2
    readonly property int rows: Math.max(1, Math.ceil(root.days.length / root.columns))

    guidance: T.of(root.info.queueName)

    function placesOf(free: int): string {
        return free === 0 ? T.t("day.full") : free === 1 ? T.t("day.oneFree") : T.f("day.free", {"count": free});
    }

    Scroller {
        id: list

        anchors.fill: parent
        spacing: Theme.unit * 2

        Grid {
            id: grid

            columns: root.columns
            spacing: Theme.unit * 2
            width: parent ? parent.width : 0

            Repeater {
                model: root.days

                KTile {
                    required property var modelData

                    objectName: "day-" + modelData.date
                    width: (grid.width - grid.spacing * (root.columns - 1)) / root.columns
                    height: Math.max(implicitHeight, Math.min(Theme.unit * 30, list.height / root.rows - grid.spacing))
                    narrow: root.columns > 1
                    icon: "calendar"
                    title: T.near(modelData) || T.dated("day.date", modelData)
                    line: (T.near(modelData) === "" ? T.weekday(modelData) : T.day(modelData)) + "\n" + root.placesOf(modelData.free)
                    lineIcon: modelData.free > 0 ? "" : "info"
                    available: modelData.free > 0
                    onClicked: Visit.submit({"day": modelData.date})
                }
            }
        }
    }
}
