pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// The queues of the hall as tiles, six on a page (four in large type), with a way to the others.
Item {
    id: root

    property var queues: []
    property int turn: 0

    readonly property int columns: Theme.elder || root.width < Theme.unit * 90 ? 1 : 2
    readonly property int most: Theme.elder ? 3 : 6
    readonly property int pages: Math.max(1, Math.ceil(root.queues.length / root.most))
    readonly property var shown: root.queues.slice(root.turn * root.most, (root.turn + 1) * root.most)
    readonly property int rows: Math.ceil(Math.min(root.most, Math.max(1, root.queues.length)) / root.columns)
    readonly property real tileHeight: (root.height - (pager.visible ? pager.height + Theme.unit * 2 : 0) - Theme.unit * 2 * (root.rows - 1)) / root.rows

    signal picked(string queue)

    function lineOf(queue: var): string {
        if (!queue.open)
            return T.t(queue.reason && T.has("closed." + queue.reason) ? "closed." + queue.reason : "closed.closed");
        return T.people(queue.waiting) + T.t("list.dot") + T.range(queue.low, queue.high);
    }

    Grid {
        id: grid

        columns: root.columns
        spacing: Theme.unit * 2
        width: parent.width

        Repeater {
            model: root.shown

            KTile {
                required property var modelData

                objectName: "queue-" + modelData.id
                width: (grid.width - grid.spacing * (root.columns - 1)) / root.columns
                height: Math.max(Theme.touch * 1.5, Math.min(root.tileHeight, Theme.unit * (root.columns === 1 ? 26 : 34)))
                upright: root.columns === 2 && root.tileHeight > Theme.unit * 28
                title: T.of(modelData.name)
                line: root.lineOf(modelData)
                lineIcon: modelData.open ? "people" : "info"
                badge: modelData.prefix || modelData.id
                available: modelData.open
                onClicked: root.picked(modelData.id)
            }
        }
    }

    KText {
        width: parent.width
        text: T.t("queue.none")
        visible: root.queues.length === 0
    }

    KButton {
        id: pager

        objectName: "more-queues"
        anchors.bottom: parent.bottom
        width: parent.width
        height: Math.max(implicitHeight, Theme.unit * 11)
        text: T.f("queue.more", {"page": root.turn + 1, "pages": root.pages})
        icon: "down"
        visible: root.pages > 1
        onClicked: root.turn = (root.turn + 1) % root.pages
    }
}
