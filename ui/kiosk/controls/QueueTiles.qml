pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// The queues of the hall as tiles: two columns where there is room, one in large type. More of them scroll.
Scroller {
    id: root

    property var queues: []

    readonly property int columns: Theme.elder || root.width < Theme.unit * 90 ? 1 : 2
    readonly property int rows: Math.max(1, Math.ceil(root.queues.length / root.columns))
    readonly property real tileWidth: (grid.width - grid.spacing * (root.columns - 1)) / root.columns
    // one name that does not fit into a line makes all of them smaller: tiles of one page look alike
    readonly property bool small: measure.advanceWidth > (root.width - Theme.touch - Theme.gap * 2 - Theme.unit * 2) / root.columns - Theme.unit * 20
    readonly property real share: (root.height - Theme.unit * 2 * (root.rows - 1)) / root.rows - 1

    signal picked(string queue)

    function lineOf(queue: var): string {
        if (!queue.open)
            return T.t(queue.reason && T.has("closed." + queue.reason) ? "closed." + queue.reason : "closed.closed");
        if (queue.warning)
            return T.people(queue.waiting) + "\n" + T.t("warning." + queue.warning);
        return T.people(queue.waiting) + (root.columns === 2 || !Words.chinese ? "\n" : T.t("list.dot")) + T.range(queue.low, queue.high);
    }

    spacing: Theme.unit * 2

    TextMetrics {
        id: measure

        text: root.queues.map(queue => T.of(queue.name)).reduce((longest, name) => name.length > longest.length ? name : longest, "")
        font.family: Theme.family
        font.weight: Font.Bold
        font.pixelSize: Theme.title
    }

    Grid {
        id: grid

        columns: root.columns
        spacing: Theme.unit * 2
        width: parent ? parent.width : 0

        Repeater {
            model: root.queues

            KTile {
                required property var modelData

                objectName: "queue-" + modelData.id
                width: root.tileWidth
                small: root.small
                height: Math.max(implicitHeight, Math.min(root.share, Theme.unit * (root.columns === 1 ? 26 : 34)))
                narrow: root.columns === 2
                title: T.of(modelData.name)
                line: root.lineOf(modelData)
                lineIcon: modelData.open ? (modelData.warning ? "alert" : "people") : "info"
                badge: modelData.prefix || modelData.id
                available: modelData.open
                onClicked: root.picked(modelData.id)
            }
        }
    }

    KText {
        width: parent ? parent.width : 0
        text: T.t("queue.none")
        visible: root.queues.length === 0
    }
}
