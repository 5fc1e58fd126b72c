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
    signal several
    signal pick(string queue, string item)

    function isOpen(id: string): bool {
        return (root.info.queues || []).some(queue => queue.id === id && queue.open);
    }

    spacing: Theme.unit * 2

    PersonFact {
        width: parent.width
        person: root.person
    }

    // three in a row where the page is wide; else the third has a row of its own
    Flow {
        id: ways

        readonly property bool abreast: !Theme.portrait && !Theme.elder && several.visible
        readonly property real third: Math.floor((width - spacing * 2) / 3)
        readonly property real tall: Math.max(Theme.unit * 11, search.implicitHeight, more.visible ? more.implicitHeight : 0)

        width: parent.width
        spacing: Theme.gap

        KButton {
            id: search

            objectName: "search"
            width: ways.abreast ? ways.third : ways.width - (more.visible ? more.width + ways.spacing : 0)
            height: ways.tall
            text: Theme.elder || !Theme.portrait ? T.t("queue.search.short") : T.t("queue.search")
            icon: "search"
            onClicked: root.search()
        }

        KButton {
            id: more

            objectName: "priority"
            width: ways.abreast ? ways.third : Math.min(implicitWidth, root.width * 0.46)
            height: ways.tall
            text: root.priority === "none" ? T.t("priority.button") : T.t("priority." + root.priority)
            icon: root.priority === "none" ? "heart" : "check"
            kind: root.priority === "none" ? "plain" : "primary"
            visible: (root.info.priorities || []).length > 1
            onClicked: root.prioritise()
        }

        KButton {
            id: several

            objectName: "several"
            width: ways.abreast ? ways.third : ways.width
            height: ways.abreast ? ways.tall : Math.max(implicitHeight, Theme.unit * 11)
            text: ways.abreast ? T.t("several.short") : T.t("several.button")
            icon: "progress"
            visible: (root.info.most || 1) > 1 && (root.info.items || []).length > 1 && root.someOpen && !(Theme.elder && Visit.error !== "")
            onClicked: root.several()
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
