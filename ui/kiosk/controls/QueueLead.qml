pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// Beside the queues: who is asking (masked), the way to search, what many come for, and priority.
Column {
    id: root

    required property var info
    property string priority: "none"

    readonly property var person: root.info.person || null
    readonly property var hot: (root.info.items || []).filter(item => item.hot).slice(0, 3)
    readonly property bool someOpen: (root.info.queues || []).some(queue => queue.open)

    signal search
    signal prioritise
    signal pick(string queue, string item)

    function isOpen(id: string): bool {
        return (root.info.queues || []).some(queue => queue.id === id && queue.open);
    }

    spacing: Theme.unit * 2

    Fact {
        width: parent.width
        icon: root.person && root.person.phone ? "phone" : "card"
        text: root.person ? [T.of(root.person.name), root.person.number, root.person.phone].filter(part => part).join("  ") : ""
        ink: Theme.quietInk
        visible: text !== "" && !(Theme.elder && Visit.error !== "")
    }

    Row {
        width: parent.width
        spacing: Theme.gap

        KButton {
            objectName: "search"
            width: parent.width - (more.visible ? more.width + parent.spacing : 0)
            height: Math.max(implicitHeight, Theme.unit * 11, more.visible ? more.implicitHeight : 0)
            text: Theme.elder || !Theme.portrait ? T.t("queue.search.short") : T.t("queue.search")
            icon: "search"
            onClicked: root.search()
        }

        KButton {
            id: more

            objectName: "priority"
            width: Math.min(implicitWidth, root.width * 0.46)
            height: Math.max(implicitHeight, Theme.unit * 11)
            text: root.priority === "none" ? T.t("priority.button") : T.t("priority." + root.priority)
            icon: root.priority === "none" ? "heart" : "check"
            kind: root.priority === "none" ? "plain" : "primary"
            visible: (root.info.priorities || []).length > 1
            onClicked: root.prioritise()
        }
    }

    KText {
        width: parent.width
        text: T.t("queue.hot")
        kind: "label"
        color: Theme.quietInk
        visible: chips.visible
    }

    Flow {
        id: chips

        width: parent.width
        spacing: Theme.gap
        visible: root.hot.length > 0 && !Theme.elder && root.someOpen && Visit.error === "" && !Theme.lowReach

        Repeater {
            model: root.hot

            KButton {
                required property var modelData

                objectName: "hot-" + modelData.id
                text: T.of(modelData.name)
                size: "label"
                enabled: root.isOpen(modelData.queue)
                onClicked: root.pick(modelData.queue, modelData.id)
            }
        }
    }
}
