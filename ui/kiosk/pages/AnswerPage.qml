pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// What the system said, row by row, to read and to print.
Page {
    id: root

    readonly property string printing: root.info.printing || ""
    readonly property bool failed: root.printing === "failed" || root.printing === "unproven"

    title: T.of(root.info.title) !== "" ? T.of(root.info.title) : root.ownTitle
    canBack: false
    primaryText: T.t("answer.done")
    primaryIcon: "check"
    busyText: T.t("busy.print")
    onPrimary: Visit.submit({"done": true})

    lead: Column {
        width: root.leadWidth
        spacing: Theme.unit * 2

        Notice {
            width: parent.width
            kind: root.printing === "printed" ? "done" : root.failed ? "attention" : "info"
            text: root.printing === "printed" ? T.t(root.info.paper === "a4" ? "answer.printed.a4" : "answer.printed") : root.failed ? (root.info.fault && T.has("error." + root.info.fault) ? T.t("error." + root.info.fault) : T.t("answer.failed")) : T.t("answer.printing")
            visible: root.printing !== "" && root.printing !== "no"
        }
    }

    Surface {
        id: sheet

        width: parent.width
        height: Math.min(root.workItem.height - printIt.height - Theme.unit * 3, rows.needed + Theme.unit * 6)

        Scroller {
            id: rows

            anchors.fill: parent
            anchors.margins: Theme.unit * 3
            anchors.leftMargin: Theme.unit * 4
            spacing: Theme.unit * 1.5

            Repeater {
                model: root.info.rows || []

                Column {
                    id: row

                    required property var modelData
                    required property int index

                    width: parent ? parent.width : 0
                    spacing: Theme.unit / 2

                    Rectangle {
                        width: parent.width
                        height: Theme.unit / 4
                        color: Theme.line
                        visible: row.index > 0
                    }

                    Flow {
                        width: parent.width

                        KText {
                            width: Theme.elder ? parent.width : Math.round(parent.width * 0.3)
                            text: T.of(row.modelData.label)
                            kind: Theme.elder ? "label" : "body"
                            color: Theme.quietInk
                            rightPadding: Theme.unit * 2
                            visible: text !== ""
                        }

                        KText {
                            width: Theme.elder || T.of(row.modelData.label) === "" ? parent.width : Math.floor(parent.width * 0.7)
                            text: T.of(row.modelData.value)
                            strong: true
                            color: row.modelData.kind === "heading" ? Theme.primary : Theme.ink
                            topPadding: row.modelData.kind === "heading" && row.index > 0 ? Theme.unit : 0
                        }
                    }
                }
            }

            KText {
                width: parent.width
                text: T.t("answer.empty")
                visible: (root.info.rows || []).length === 0
            }

            KText {
                width: parent.width
                text: T.f("answer.reference", {"reference": root.info.reference || ""})
                kind: "caption"
                color: Theme.quietInk
                visible: (root.info.reference || "") !== ""
            }
        }
    }

    KButton {
        id: printIt

        objectName: "print"
        anchors.bottom: root.across ? undefined : parent.bottom
        anchors.top: root.across ? sheet.bottom : undefined
        anchors.topMargin: Theme.unit * 3
        width: parent.width
        height: Math.max(implicitHeight, Theme.unit * 13)
        text: root.printing === "printed" || root.failed ? T.t("answer.again") : T.t("answer.print")
        icon: "printer"
        enabled: root.printing !== "printing"
        visible: (root.info.rows || []).length > 0
        onClicked: Visit.submit({"print": true})
    }
}
