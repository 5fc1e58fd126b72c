import QtQuick
import Hall.Kiosk

// A booking as large as it can be: what, which day, from when to when.
Surface {
    id: root

    property var booking: ({})
    property bool over: false
    default property alias more: rest.data

    height: column.implicitHeight + Theme.unit * 6

    Column {
        id: column

        x: Theme.unit * 5
        y: Theme.unit * 3
        width: parent.width - Theme.unit * 10
        spacing: Theme.unit * 2

        KText {
            width: parent.width
            text: T.of(root.booking.queueName)
            kind: Theme.elder ? "body" : "title"
            color: Theme.quietInk
            horizontalAlignment: Text.AlignHCenter
        }

        KText {
            objectName: "booked-day"
            width: parent.width
            text: root.booking.start ? T.nearDay(root.booking.start) : ""
            kind: Theme.elder ? "body" : "title"
            strong: true
            horizontalAlignment: Text.AlignHCenter
        }

        KText {
            objectName: "booked-time"
            width: parent.width
            text: root.booking.start ? T.span(root.booking.start, root.booking.end) : ""
            kind: "question"
            strong: true
            color: root.over ? Theme.quietInk : Theme.primary
            font.strikeout: root.over
            horizontalAlignment: Text.AlignHCenter
        }

        Column {
            id: rest

            width: parent.width
            spacing: Theme.unit * 2
            visible: children.length > 0
        }
    }
}
