pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// Several matters on one ticket, in the order in which they are done: each can be taken out, another one added.
Scroller {
    id: root

    property var chosen: []
    property int most: 6

    signal more
    signal removed(int at)

    spacing: Theme.unit * 2

    Repeater {
        model: root.chosen

        Surface {
            id: row

            required property var modelData
            required property int index

            width: parent ? parent.width : 0
            height: Math.max(words.implicitHeight, Theme.touch) + Theme.unit * 4

            KText {
                id: place

                anchors.verticalCenter: parent.verticalCenter
                x: Theme.unit * 4
                text: String(row.index + 1)
                kind: "title"
                strong: true
                color: Theme.primary
            }

            Column {
                id: words

                anchors.verticalCenter: parent.verticalCenter
                anchors.left: place.right
                anchors.leftMargin: Theme.unit * 4
                anchors.right: out.left
                anchors.rightMargin: Theme.unit * 2

                KText {
                    width: parent.width
                    text: T.of(row.modelData.name)
                    strong: true
                }

                KText {
                    width: parent.width
                    text: T.of(row.modelData.queueName)
                    kind: "label"
                    color: Theme.quietInk
                }
            }

            KButton {
                id: out

                objectName: "remove-" + row.modelData.id
                anchors.verticalCenter: parent.verticalCenter
                anchors.right: parent.right
                anchors.rightMargin: Theme.unit * 2
                width: Theme.touch
                height: Theme.touch
                icon: "close"
                name: T.f("several.remove", {"name": T.of(row.modelData.name)})
                onClicked: root.removed(row.index)
            }
        }
    }

    KButton {
        objectName: "another"
        width: parent ? parent.width : 0
        height: Math.max(implicitHeight, Theme.unit * 13)
        text: T.t("several.more")
        icon: "search"
        visible: root.chosen.length < root.most
        onClicked: root.more()
    }

    KText {
        width: parent ? parent.width : 0
        text: T.f("several.most", {"count": root.most})
        color: Theme.quietInk
        visible: root.chosen.length >= root.most
    }
}
