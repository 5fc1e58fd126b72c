pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// At what time? By parts of the day, so that the break at noon is seen; the full ones stay in their places.
Page {
    id: root

    readonly property var slots: root.info.slots || []
    readonly property int columns: Theme.elder ? 2 : 3
    readonly property var parts: ["night", "morning", "afternoon", "evening"].map(name => ({
                "name": name,
                "slots": root.slots.filter(slot => root.partOf(slot.from) === name)
            })).filter(part => part.slots.length > 0)

    guidance: T.of(root.info.queueName) + (root.info.day ? T.t("list.dot") + T.nearDay(root.info.day) : "")

    function partOf(time: string): string {
        const hour = Number(time.slice(0, 2));
        return hour < 6 ? "night" : hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening";
    }

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 2

        Repeater {
            model: root.parts

            Column {
                id: part

                required property var modelData

                width: parent ? parent.width : 0
                spacing: Theme.unit * 2
                bottomPadding: Theme.unit * 2

                Heading {
                    text: T.t("slot." + part.modelData.name)
                }

                Grid {
                    id: grid

                    columns: root.columns
                    spacing: Theme.gap * 1.5
                    width: parent.width

                    Repeater {
                        model: part.modelData.slots

                        SlotTile {
                            required property var modelData

                            objectName: "slot-" + modelData.from
                            width: (grid.width - grid.spacing * (root.columns - 1)) / root.columns
                            from: modelData.from
                            until: modelData.to
                            free: modelData.free
                            over: modelData.over
                            onClicked: Visit.submit({"slot": modelData.id})
                        }
                    }
                }
            }
        }
    }
}
