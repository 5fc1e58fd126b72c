pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// Finding the matter one came for: letters of the pinyin, words they may mean, and what fits.
Item {
    id: root

    property var queues: []
    readonly property real lettersWidth: Theme.portrait ? root.width : root.width

    signal picked(string queue, string item)

    function queueOf(id: string): var {
        return root.queues.find(queue => queue.id === id) || null;
    }

    Column {
        id: asked

        width: parent.width
        spacing: Theme.unit * 2

        KField {
            objectName: "searched"
            width: parent.width
            icon: "search"
            label: T.t("queue.search.title")
            hint: T.t("queue.search.hint")
            text: Services.typed.toUpperCase()
            size: "body"
        }

        Flow {
            width: parent.width
            spacing: Theme.gap
            visible: Services.candidates.length > 0 && Words.chinese

            Repeater {
                model: Services.candidates.slice(0, Theme.elder ? 4 : 6)

                KButton {
                    required property string modelData

                    objectName: "word-" + modelData
                    height: Math.max(Theme.touch, implicitHeight - Theme.unit)
                    text: modelData
                    quick: true
                    onClicked: Services.choose(modelData)
                }
            }
        }
    }

    Scroller {
        id: results

        anchors.top: asked.bottom
        anchors.topMargin: Theme.unit * 2
        anchors.bottom: letters.top
        anchors.bottomMargin: Theme.unit * 2
        width: parent.width
        spacing: Theme.unit * 1.5

        Repeater {
            model: Services.found

            KButton {
                required property var modelData
                readonly property var queue: root.queueOf(modelData.queue)

                objectName: "item-" + modelData.id
                width: parent ? parent.width : 0
                height: Math.max(Theme.touch, implicitHeight)
                lined: true
                text: T.of(modelData.name) + (queue ? T.t("list.dot") + (queue.open ? T.of(queue.name) : T.t("closed.closed")) : "")
                enabled: queue !== null && queue.open
                onClicked: root.picked(modelData.queue, modelData.id)
            }
        }

        KText {
            width: parent.width
            text: T.t("queue.search.nothing")
            visible: Services.typed !== "" && Services.found.length === 0
        }

        KText {
            width: parent.width
            text: T.t("queue.search.start")
            color: Theme.quietInk
            visible: Services.typed === ""
        }
    }

    KLetters {
        id: letters

        anchors.bottom: parent.bottom
        width: root.lettersWidth
        height: Math.min(root.height * 0.5, implicitHeight)
        keyHeight: Math.max(Theme.touch, Theme.unit * (Theme.portrait ? 11 : 8))
        onTyped: key => Services.type(key.toLowerCase())
        onErased: Services.erase()
    }
}
