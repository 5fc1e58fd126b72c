pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// Which queue? Six tiles at most, or a search for the matter one came for.
Page {
    id: root

    property bool searching: false
    property bool choosingPriority: false
    property bool several: false
    property var chosen: []
    property string priority: root.info.suggested || "none"

    readonly property var priorities: root.info.priorities || []
    readonly property bool inside: root.searching || root.choosingPriority || root.several

    function leave(): void {
        root.searching = false;
        root.choosingPriority = false;
        root.several = false;
        root.chosen = [];
        Services.clear();
    }

    function goBack(): void {
        if (root.several && root.searching && root.chosen.length > 0)
            root.endSearch();
        else if (root.inside)
            root.leave();
        else
            Visit.back();
    }

    function endSearch(): void {
        root.searching = false;
        Services.clear();
    }

    // One matter is taken at once; of several the list grows first.
    function pick(queue: string, id: string): void {
        if (!root.several) {
            root.take(queue, id);
            return;
        }
        const item = (root.info.items || []).find(one => one.id === id);
        const served = (root.info.queues || []).find(one => one.id === queue);
        if (!root.chosen.some(one => one.id === id))
            root.chosen = root.chosen.concat([{
                        "id": id,
                        "name": item.name,
                        "queue": queue,
                        "queueName": served.name
                    }]);
        root.endSearch();
    }

    function takeSeveral(): void {
        Visit.submit({
            "queue": root.chosen[0].queue,
            "items": root.chosen.map(one => one.id),
            "priority": root.priority
        });
    }

    function take(queue: string, item: var): void {
        Visit.submit({
            "queue": queue,
            "item": item,
            "priority": root.priority
        });
    }

    title: root.searching ? T.t("queue.search.title") : root.choosingPriority ? T.t("priority.title") : root.several ? T.t("several.title") : root.ownTitle
    canBack: root.inside || Visit.canBack
    guidance: root.searching ? (Theme.elder ? "" : T.t("queue.search.guide")) : root.choosingPriority ? T.t("priority.guide") : root.several && !Theme.elder ? T.t("several.guide") : ""
    busyText: T.t("busy.ticket")
    primaryText: root.several && !root.searching && root.chosen.length > 0 ? T.f("several.take", {"count": root.chosen.length}) : ""
    primaryIcon: "ticket"
    onPrimary: root.takeSeveral()
    onInfoChanged: Services.offer(root.info.items || [])
    Component.onCompleted: {
        Services.clear();
        Services.offer(root.info.items || []);
    }
    Component.onDestruction: Services.clear()
    onKeyed: text => {
        if (text === "\b")
            Services.erase();
        else
            Services.type(text.toLowerCase());
        root.choosingPriority = false;
        root.searching = Services.typed !== "" || text !== "\b";
    }

    // left of the tiles in landscape, above them in portrait, where it is touched like them
    QueueLead {
        id: choices

        parent: root.across ? root.leadItem : root.workItem
        width: root.leadWidth
        info: root.info
        priority: root.priority
        visible: !root.inside
        onSearch: root.searching = true
        onPrioritise: root.choosingPriority = true
        onSeveral: {
            root.several = true;
            root.searching = true;
        }
        onPick: (queue, item) => root.take(queue, item)
    }

    QueueTiles {
        anchors.fill: parent
        anchors.topMargin: root.across ? 0 : choices.height + Theme.unit * 3
        queues: root.info.queues || []
        visible: !root.inside
        onPicked: queue => root.take(queue, null)
    }

    QueueSearch {
        anchors.fill: parent
        visible: root.searching
        queues: root.info.queues || []
        onPicked: (queue, item) => root.pick(queue, item)
    }

    SeveralPanel {
        anchors.fill: parent
        visible: root.several && !root.searching
        chosen: root.chosen
        most: root.info.most || 1
        onMore: root.searching = true
        onRemoved: at => root.chosen = root.chosen.filter((one, place) => place !== at)
    }

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 2
        visible: root.choosingPriority

        Repeater {
            model: root.priorities

            KButton {
                required property var modelData
                readonly property string word: typeof modelData === "string" ? modelData : modelData.id

                objectName: "priority-" + word
                width: parent ? parent.width : 0
                height: Math.max(implicitHeight, Theme.unit * 14)
                text: T.t("priority." + word)
                icon: root.priority === word ? "check" : ""
                kind: root.priority === word ? "primary" : "plain"
                onClicked: {
                    root.priority = word;
                    root.leave();
                }
            }
        }
    }
}
