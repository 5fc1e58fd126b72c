import QtQuick
import Hall.Kiosk

// The anatomy that all pages share: question and guidance (above, or left in landscape), then what is touched.
FocusScope {
    id: root

    required property var info

    property string name
    property real pageTop
    readonly property string ownTitle: T.has(Visit.titleKey) ? T.t(Visit.titleKey) : T.has("page." + root.name) ? T.t("page." + root.name) : ""
    property string title: root.ownTitle
    property string guidance
    property string primaryText
    property string primaryIcon
    property bool primaryEnabled: true
    property bool canBack: Visit.canBack
    property bool canHome: true
    property string busyText: T.t("busy.general")
    property bool framed: true
    property string stepTitle: T.has("step." + root.name) ? T.t("step." + root.name) : ""
    property string errorMore: ""

    default property alias work: workArea.data
    property alias lead: leadMore.data
    property alias workItem: workArea
    property alias leadItem: leadMore

    readonly property bool tight: root.across && Theme.elder
    readonly property bool across: !Theme.portrait
    readonly property real leadWidth: root.across ? Math.round((root.width - Theme.group) * (Theme.elder ? 0.44 : 0.4)) : root.width

    signal primary
    signal keyed(string text)

    // a page with an inside of its own (search) overrides these
    function goBack(): void {
        Visit.back();
    }

    function goHome(): void {
        Visit.cancel();
    }

    Column {
        id: leadColumn

        width: root.leadWidth
        spacing: Theme.unit * 2

        StepLine {
            width: parent.width
            visible: root.framed && Visit.steps > 1 && !(root.tight && error.visible)
            title: root.stepTitle
        }

        KText {
            objectName: "question"
            width: parent.width
            text: root.title
            kind: Theme.elder ? "title" : "question"
            strong: true
            lineHeight: Math.round(size * 1.25)
            visible: root.title !== ""
        }

        KText {
            width: parent.width
            text: root.guidance
            color: Theme.quietInk
            visible: root.guidance !== "" && !((Theme.elder || root.across) && error.visible)
        }

        Notice {
            id: error

            objectName: "error"
            width: parent.width
            text: Visit.error === "" ? "" : T.when(Visit.error, Visit.errorValues)
            more: root.errorMore !== "" ? root.errorMore : T.has(Visit.error + ".do") ? T.t(Visit.error + ".do") : ""
            visible: Visit.error !== "" && root.framed
        }
    }

    Item {
        id: leadMore

        y: leadColumn.implicitHeight + Theme.unit * 3
        width: root.leadWidth
        height: root.across ? Math.max(0, root.height - y) : childrenRect.height
    }

    Item {
        id: workArea

        readonly property real flowTop: root.across ? 0 : leadMore.y + (leadMore.height > 0 ? leadMore.height + Theme.unit * 3 : 0)
        readonly property real reach: Theme.lowReach ? Math.max(0, Theme.reachTop - root.pageTop) : 0

        x: root.across ? root.leadWidth + Theme.group : 0
        y: Math.max(flowTop, reach)
        width: root.width - x
        height: Math.max(0, root.height - y)
    }
}
