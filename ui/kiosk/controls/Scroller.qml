import QtQuick
import Hall.Kiosk

// A part of the page that may be longer than its place: it scrolls by touch, and by two large buttons.
Item {
    id: root

    default property alias body: column.data
    property alias spacing: column.spacing
    property bool overflows: false
    readonly property real room: root.overflows ? root.width - Theme.touch - Theme.gap * 2 : root.width
    readonly property real needed: column.implicitHeight

    // The buttons take width, and what is narrower is higher; a picture may be the other way round. So that the two do not
    // call each other for ever, scrolling ends a few times as soon as there is room, afterwards only if there is plenty.
    property int chances: 3

    function judge(): void {
        if (root.needed > root.height + 1) {
            root.overflows = true;
        } else if (root.overflows && (root.chances > 0 || root.needed < root.height * 0.8)) {
            root.chances -= 1;
            root.overflows = false;
        }
    }

    function judgeAnew(): void {
        root.chances = 3;
        root.overflows = false;
        Qt.callLater(root.judge);
    }

    onNeededChanged: root.judge()
    onHeightChanged: root.judgeAnew()

    function turn(pages: real): void {
        const most = Math.max(0, flick.contentHeight - flick.height);
        flick.contentY = Math.max(0, Math.min(most, flick.contentY + pages * flick.height * 0.8));
    }

    function reveal(item: Item): void {
        const top = item.mapToItem(column, 0, 0).y;
        if (top < flick.contentY)
            flick.contentY = top;
        else if (top + item.height > flick.contentY + flick.height)
            flick.contentY = top + item.height - flick.height;
    }

    Flickable {
        id: flick

        // a little wider than what it holds, so that edges and shadows are not cut
        x: -Theme.unit
        anchors.top: parent.top
        anchors.bottom: parent.bottom
        width: root.room + Theme.unit * 2
        contentWidth: width
        contentHeight: column.implicitHeight
        clip: root.overflows
        interactive: root.overflows
        boundsBehavior: Flickable.StopAtBounds

        Column {
            id: column

            x: Theme.unit
            width: root.room
        }
    }

    Column {
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.gap * 2
        visible: root.overflows

        KButton {
            width: Theme.touch
            height: Math.max(Theme.touch, Math.min(Theme.touch * 1.6, root.height / 2 - Theme.gap))
            icon: "up"
            name: T.t("scroll.up")
            quick: true
            enabled: flick.contentY > 1
            onClicked: root.turn(-1)
        }

        KButton {
            width: Theme.touch
            height: Math.max(Theme.touch, Math.min(Theme.touch * 1.6, root.height / 2 - Theme.gap))
            icon: "down"
            name: T.t("scroll.down")
            quick: true
            enabled: flick.contentY < flick.contentHeight - flick.height - 1
            onClicked: root.turn(1)
        }
    }
}
